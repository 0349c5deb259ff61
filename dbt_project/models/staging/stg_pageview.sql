{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'pageview'},
    on_schema_change='fail',
) }}
{% set rows -%}
select
    *,
    {{ event_at('event_time', 'received_at') }} as event_at,
    {{ is_clock_skew('event_time', 'received_at') }} as is_clock_skew,
    {{ business_date('event_at') }} as business_date,
from {{ touched_rows('pageview') if is_incremental() else source('input', 'pageview') }}
{%- endset %}
with

-- Copies compete wherever they are: one on another date may win over one on a touched date.
once as (

    {{ each_once(rows, ['event_id'], ['received_at', '_row_hash', '_loaded_at', '_batch_id']) }}

),

final as (

    select
        event_id,
        anonymous_id,
        user_id,
        event_time,
        received_at,
        url,
        url_path,
        title,
        referrer,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_term,
        utm_content,
        ip_hash,
        ua,
        device,
        os,
        browser,
        screen_w,
        screen_h,
        carrier,
        network,
        site_id,
        share_id,
        module,
        leave_ts,
        is_test,
        event_at,
        is_clock_skew,
        business_date,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from once
    where
        not coalesce(is_test, false)
        {% if is_incremental() %}
        and business_date in {{ touched_dates('pageview') }}
        {% endif %}

)

select * from final
