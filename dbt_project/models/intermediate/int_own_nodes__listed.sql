-- One row per kind and value of what is our own: addresses (ip), domains, members of staff
-- (employee). Nothing else of the lists is here: a changed row rebuilds the facts that read it.
with

listed as (

    select * from {{ ref('stg_internal_list') }}

),

owners as (

    select * from {{ ref('stg_owner') }}

),

final as (

    select kind, value from listed where kind in ('ip', 'domain')
    union
    select 'employee' as kind, employee_id as value from owners where employee_id is not null

)

select * from final
