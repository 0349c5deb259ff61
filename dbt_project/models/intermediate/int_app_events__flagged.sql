{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'app_event'},
    on_schema_change='fail',
) }}
-- One row per business event of a robot or of own staff (G8).
with

app_events as (

    select event_id, business_date, ua, ip_hash, login_id
    from {{ ref('stg_app_event') }}
    where
        type in ('track', 'track_signup')
        {% if is_incremental() %}
        and business_date in {{ touched_dates('app_event') }}
        {% endif %}

),

robot_patterns as (

    select * from {{ ref('int_robot_patterns__listed') }}

),

own_nodes as (

    select * from {{ ref('int_own_nodes__listed') }}

),

flagged as (

    {{ flagged('app_events', 'login_id') }}

),

final as (

    select event_id, business_date, is_bot, is_internal
    from flagged
    where is_bot or is_internal

)

select * from final
