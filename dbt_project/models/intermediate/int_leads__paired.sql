-- One row per pair of leads with the same phone, e-mail or company and name that lie no more than
-- lead_dedup_days apart (L01).
with

leads as (

    select * from {{ ref('int_leads__numbered') }}

),

keys as (

    select lead_no, created_at, 'phone' as key_type, phone_hash as key_value from leads
    union all
    select lead_no, created_at, 'email' as key_type, email_hash as key_value from leads
    union all
    select lead_no, created_at, 'name' as key_type, name_key as key_value from leads

),

final as (

    select distinct
        earlier.lead_no as earlier_no,
        later.lead_no as later_no,
    from keys as earlier
    inner join keys as later
        on
            earlier.key_type = later.key_type
            and earlier.key_value = later.key_value
            and earlier.lead_no < later.lead_no
            and later.created_at
            <= earlier.created_at + interval '{{ var("lead_dedup_days") }} days'

)

select * from final
