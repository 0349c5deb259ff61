-- One row per subject (person, company) and business date with activity or core use, and the first
-- instant of each. A company acts through its employees; a person is the current owner of the node
-- that the events carry.
with

user_days as (

    select * from {{ ref('fct_user_day') }}
    where
        business_date <= {{ param('as_of') }}
        and (first_active_at is not null or first_core_at is not null)

),

split_days as (

    select * from {{ ref('int_user_days__split') }}
    where
        business_date <= {{ param('as_of') }}
        and (first_active_at is not null or first_core_at is not null)

),

identities as (

    select * from {{ ref('map_identity') }}

),

owned_days as (

    {{ owned_user_days() }}

),

subject_days as (

    select
        'person' as subject_type,
        person_id as subject,
        business_date,
        first_active_at,
        first_core_at,
    from owned_days
    where person_id is not null

    union all

    select
        'company' as subject_type,
        company_id as subject,
        business_date,
        first_active_at,
        first_core_at,
    from user_days
    where company_id is not null and employee_id is not null

),

final as (

    select
        subject_type,
        subject,
        business_date,
        min(first_active_at) as first_active_at,
        min(first_core_at) as first_core_at,
    from subject_days
    group by subject_type, subject, business_date

)

select * from final
