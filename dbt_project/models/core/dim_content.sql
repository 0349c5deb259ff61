with

contents as (

    select * from {{ ref('stg_content') }}

),

final as (

    select
        content_id,
        type,
        title,
        topic,
        industry,
        url_path,
        author_person,
        published_at,
        withdrawn_at,
        {{ business_date('published_at') }} as published_date,
        {{ business_date('withdrawn_at') }} as withdrawn_date,
    from contents

)

select * from final
