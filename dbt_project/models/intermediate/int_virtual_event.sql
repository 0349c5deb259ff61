{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': ['app_event', 'api_request_log']},
    on_schema_change='fail',
) }}
-- S16: one row per business event and virtual event that it is a member of, counted once however
-- many members it matches; member is the first of them. Rebuilt for touched dates.
{% set fields = [
    'event', 'business_event', 'endpoint_id', 'feature_id', 'module', 'business_line',
    'os', 'app_version', 'product_version',
] %}
with

business_events as (

    select * from {{ ref('fct_business_event') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates(['app_event', 'api_request_log']) }}
    {% endif %}

),

members as (

    select * from {{ ref('virtual_events') }}

),

-- Few kinds of events are compared with the members, not every event.
kinds as (

    select distinct {{ fields | join(', ') }}
    from business_events

),

compared as (

    select
        kinds.*,
        members.virtual_event,
        members.member_no,
        members.match_value,
        members.filter_field,
        members.filter_value,
        {%- for part in ('match', 'filter') %}
        case coalesce(members.{{ part }}_field, '')
            when '' then null
            {%- for field in fields %}
            when '{{ field }}' then kinds.{{ field }}
            {%- endfor %}
            else {{ refuse() }}('virtual_events: unknown {{ part }}_field ' || members.{{ part }}_field)
        end as {{ part }}_found,
        {%- endfor %}
    from kinds
    cross join members

),

matched as (

    select
        {{ fields | join(', ') }},
        virtual_event,
        min(member_no) as member_no,
        min_by(match_value, member_no) as member,
    from compared
    where
        match_found = match_value
        and (filter_field is null or filter_found = filter_value)
    group by {{ fields | join(', ') }}, virtual_event

),

final as (

    select
        business_events.event_id,
        matched.virtual_event,
        matched.member_no,
        matched.member,
        business_events.origin,
        business_events.login_id,
        business_events.anonymous_id,
        business_events.company_id,
        business_events.employee_id,
        business_events.event_at,
        business_events.business_date,
        business_events.is_counted,
    from business_events
    inner join matched
        on
            {%- for field in fields %}
            {{ 'and ' if not loop.first }}business_events.{{ field }} is not distinct from matched.{{ field }}
            {%- endfor %}

)

select * from final
