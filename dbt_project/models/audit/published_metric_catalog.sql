{{ config(alias='metric_catalog') }}
with

metrics as (

    select * from {{ ref('metric_catalog') }}

),

final as (

    select
        metric_id,
        name,
        zh,
        stage,
        table_name,
        column_name,
        dims,
        aggregation,
        numerator,
        denominator,
        unit,
        grain,
        owner,
        source,
        verify_by,
    from metrics

)

select * from final
