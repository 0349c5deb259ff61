-- A12: one row per company that opened a tenant, merged tenants counted once, on the day of its
-- first tenant; its channel is the first touch of the person who created that one.
with

tenants as (

    select * from {{ ref('stg_company_account') }}
    where created_at < {{ param('as_of_end') }}

),

companies as (

    select * from {{ ref('map_company') }}
    where id_type = 'tenant_id'

),

identities as (

    select * from {{ ref('map_identity') }}
    where id_type = 'login_id'

),

touchpoints as (

    select * from {{ ref('fct_touchpoint') }}
    where channel_id <> 'unassigned'

),

ranked_tenants as (

    select
        companies.company_id,
        tenants.creator_login_id,
        tenants.created_at,
        row_number() over (
            partition by companies.company_id order by tenants.created_at, tenants.company_id
        ) as tenant_no
    from tenants
    inner join companies
        on tenants.company_id = companies.id_value

),

ranked_touches as (

    select
        ranked_tenants.company_id,
        touchpoints.channel_id,
        touchpoints.campaign,
        row_number() over (
            partition by ranked_tenants.company_id
            order by touchpoints.touched_at, touchpoints.touch_rank, touchpoints.touch_id
        ) as touch_no
    from ranked_tenants
    inner join identities
        on ranked_tenants.creator_login_id = identities.id_value
    inner join touchpoints
        on
            identities.person_id = touchpoints.person_id
            and touchpoints.touched_at <= ranked_tenants.created_at
    where ranked_tenants.tenant_no = 1

),

final as (

    select
        ranked_tenants.company_id,
        coalesce(ranked_touches.channel_id, 'unassigned') as channel_id,
        {{ campaign_key('ranked_touches.campaign') }} as campaign,
        {{ business_date('ranked_tenants.created_at') }} as created_date,
        ranked_tenants.created_at
    from ranked_tenants
    left join ranked_touches
        on ranked_tenants.company_id = ranked_touches.company_id and ranked_touches.touch_no = 1
    where ranked_tenants.tenant_no = 1

)

select * from final
