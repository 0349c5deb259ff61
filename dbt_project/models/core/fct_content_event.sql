{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    on_schema_change='fail',
) }}
with

events as (

    select * from {{ ref('stg_content_event') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates('content_event') }}
    {% endif %}

),

robot_patterns as (

    select * from {{ ref('int_robot_patterns__listed') }}

),

own_nodes as (

    select * from {{ ref('int_own_nodes__listed') }}

),

flagged as (

    {{ flagged('events', 'user_id') }}

),

final as (

    select
        event_id,
        content_id,
        kind,
        anonymous_id,
        user_id as login_id,
        event_at,
        received_at,
        business_date,
        site_id,
        share_id,
        dwell_seconds,
        is_bot,
        is_internal,
    from flagged

)

select * from final
