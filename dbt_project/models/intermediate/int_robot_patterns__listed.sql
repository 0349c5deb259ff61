-- One row per pattern that a robot's user agent contains, in small letters. Nothing else of the list
-- is here: a changed row rebuilds the facts that read it.
with

listed as (

    select * from {{ ref('stg_bot_ua') }}

),

final as (

    select distinct lower(pattern) as pattern
    from listed
    where pattern is not null

)

select * from final
