-- What somebody declared, where an event was held and what an address says are different
-- statements: a place has a row for each of them. Addresses are hashed before anything reads them,
-- so no row is of kind ip until a source delivers the place itself.
with

cities as (

    select * from {{ ref('city') }}

),

companies as (

    select * from {{ ref('dim_company') }}

),

leads as (

    select * from {{ ref('stg_lead') }}

),

profiles as (

    select * from {{ ref('stg_person_profile') }}

),

market_events as (

    select * from {{ ref('stg_mkt_event') }}

),

said as (

    select 'declared' as kind, city as place from companies
    union
    select 'declared' as kind, city as place from leads
    union
    select 'declared' as kind, region as place from profiles
    union
    select 'event' as kind, city as place from market_events

),

-- A city may be written with the word for city behind it, a province with its kind.
trimmed as (

    select
        kind,
        place,
        regexp_replace(trim(place), '(市|省|特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区)$', '')
            as short_name,
    from said
    where place is not null

),

provinces as (

    select distinct province from cities

),

final as (

    select
        trimmed.kind,
        trimmed.place,
        cities.city,
        coalesce(cities.province, provinces.province) as province,
        trimmed.kind = 'event' and lower(trimmed.short_name) = 'online' as is_online,
    from trimmed
    left join cities
        on trimmed.short_name = cities.city
    left join provinces
        on trimmed.short_name = provinces.province

)

select * from final
