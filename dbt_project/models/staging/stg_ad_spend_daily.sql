with

input as (

    select * from {{ source('input', 'ad_spend_daily') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by platform, account_id, campaign_id, adgroup_id, keyword_id, match_type, device, date
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        platform,
        account_id,
        campaign_id,
        adgroup_id,
        keyword_id,
        match_type,
        device,
        date,
        impressions,
        clicks,
        cost,
        currency,
        cash_cost,
        cost_adjust,
        conversions_platform,
        ad_type,
        vendor,
        campaign_name,
        adgroup_name,
        keyword_text,
        is_test,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1
        and not coalesce(is_test, false)

)

select * from final
