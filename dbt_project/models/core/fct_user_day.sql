{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    on_schema_change='fail',
) }}
with

business_events as (

    select * from {{ ref('fct_business_event') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates(['app_event', 'api_request_log']) }}
    {% endif %}

),

-- A request without a login is its employee's, one of a machine its tenant's own. Types of nodes are
-- numbers until all is grouped: text is slower to group by.
nodes as (

    select
        *,
        case
            when login_id is not null then 1
            when anonymous_id is not null or origin = 'app' then 2
            when employee_id is not null then 3
            else 4
        end as node_kind,
        coalesce(
            login_id,
            anonymous_id,
            case when origin = 'api' then company_id || coalesce('/' || employee_id, '') end
        ) as node_value,
    from business_events

),

final as (

    select
        case node_kind
            when 1 then 'login_id'
            when 2 then 'anonymous_id'
            when 3 then 'employee_id'
            else 'company_id'
        end as node_type,
        node_value,
        company_id,
        max(employee_id) as employee_id,
        business_line,
        business_date,
        {{ user_day_measures() }},
    from nodes
    group by
        node_kind,
        node_value,
        company_id,
        business_line,
        business_date

)

select * from final
