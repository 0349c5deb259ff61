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

identities as (

    select * from {{ ref('map_identity') }}

),

subject_days as (

    select
        'person' as subject_type,
        identities.person_id as subject,
        user_days.business_date,
        user_days.first_active_at,
        user_days.first_core_at,
    from user_days
    inner join identities
        on
            user_days.node_type = identities.id_type
            and user_days.node_value = identities.id_value

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
