with

catalogue as (

    select * from {{ ref('metric_catalog') }}

),

configured as (

    select * from {{ ref('metric_defs') }}

),

final as (

    select
        metric_id,
        name,
        zh,
        'catalogue' as kind,
        stage,
        table_name,
        column_name,
        aggregation,
        numerator,
        denominator,
        cast(null as varchar) as predicate,
        unit,
        owner,
    from catalogue

    union all

    select
        metric_id,
        name,
        zh,
        'configured' as kind,
        'success' as stage,
        cast(null as varchar) as table_name,
        cast(null as varchar) as column_name,
        case measure when 'events' then 'count' else 'count_distinct' end as aggregation,
        measure as numerator,
        cast(null as varchar) as denominator,
        predicate,
        unit,
        owner,
    from configured

)

select * from final
