-- One row per lead and phone, e-mail or company and name that it shares with one no more than
-- lead_dedup_days before or after it (L01). key_no is the first lead with the same.
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

spaced as (

    select
        lead_no,
        created_at,
        key_type,
        min(lead_no) over (partition by key_type, key_value) as key_no,
        lag(created_at) over same_key as before_at,
        lead(created_at) over same_key as after_at,
    from keys
    where key_value is not null
    window same_key as (partition by key_type, key_value order by lead_no)

),

final as (

    select
        lead_no,
        created_at,
        key_type,
        key_no,
    from spaced
    where
        created_at <= before_at + interval '{{ var("lead_dedup_days") }} days'
        or after_at <= created_at + interval '{{ var("lead_dedup_days") }} days'

)

select * from final
