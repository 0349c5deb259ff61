-- A site that the seed does not list was reached under a web address; the name of its host tells
-- pages made for phones.
with

listed as (

    select * from {{ ref('site') }}

),

visits as (

    select * from {{ ref('fct_web_session') }}

),

clicks as (

    select * from {{ ref('fct_click') }}

),

content_events as (

    select * from {{ ref('fct_content_event') }}

),

named as (

    select site_id from listed
    union
    select site_id from visits
    union
    select site_id from clicks
    union
    select site_id from content_events

),

final as (

    select
        named.site_id,
        listed.site_name,
        coalesce(
            listed.terminal,
            case
                when split_part(lower(named.site_id), '.', 1) in ('m', 'h5', 'wap', 'mobile')
                    then 'h5'
                else 'web'
            end
        ) as terminal,
        listed.site_id is not null as is_listed,
    from named
    left join listed
        on named.site_id = listed.site_id
    where named.site_id is not null

)

select * from final
