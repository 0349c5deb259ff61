{% set keys = [
    'platform', 'account_id', 'campaign_id', 'adgroup_id', 'keyword_id', 'match_type',
] %}
-- Names are those of the platform's reports, day by day: what a report leaves out still holds.
with

ad_rows as (

    select * from {{ ref('stg_ad_spend_daily') }}
    where
        keyword_id <> '(none)'
        and date <= {{ param('as_of') }}

),

days as (

    select
        {{ keys | join(', ') }},
        date,
        max(keyword_text) as keyword_text,
        max(adgroup_name) as adgroup_name,
    from ad_rows
    group by {{ keys | join(', ') }}, date

),

said as (

    select
        {{ keys | join(', ') }},
        date,
        {{ last_said('keyword_text', keys, 'date') }} as keyword_text,
        {{ last_said('adgroup_name', keys, 'date') }} as adgroup_name,
    from days

),

periods as (

    {{ named_periods('said', keys, ['keyword_text', 'adgroup_name'], 'date') }}

),

final as (

    select
        platform,
        account_id,
        campaign_id,
        adgroup_id,
        keyword_id,
        match_type,
        keyword_text,
        {{ normal_token('keyword_text') }} as term,
        adgroup_name,
        valid_from,
        next_from - 1 as valid_to,
        next_from is null as is_current,
    from periods

)

select * from final
