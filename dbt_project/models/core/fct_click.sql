{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    on_schema_change='fail',
) }}
with

clicks as (

    select * from {{ ref('stg_click') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates('click') }}
    {% endif %}

),

robot_patterns as (

    select * from {{ ref('int_robot_patterns__listed') }}

),

own_nodes as (

    select * from {{ ref('int_own_nodes__listed') }}

),

flagged as (

    {{ flagged('clicks', 'user_id') }}

),

final as (

    select
        event_id,
        anonymous_id,
        user_id as login_id,
        event_at,
        received_at,
        business_date,
        site_id,
        url_path,
        element_selector,
        element_content,
        page_x_pct,
        page_y_pct,
        viewport,
        is_bot,
        is_internal,
    from flagged

)

select * from final
