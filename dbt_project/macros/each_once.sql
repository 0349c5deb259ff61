{#
    SELECT of the rows of another SELECT, of the copies of a key only the first in `order` (G4).
    Nearly every key has one row, which is passed on as it comes and needs no order: what costs is to
    find the keys that have more, and for that a number instead of the key will do.
#}
{% macro each_once(rows, key, order) -%}
{%- set number = short_hash(key) -%}
with

repeated as (

    select {{ number }} as key_hash
    from ({{ rows }}) as keys
    group by {{ number }}
    having count(*) > 1

),

ranked as (

    select
        copies.*,
        row_number() over (partition by {{ key | join(', ') }} order by {{ order | join(', ') }})
            as copy_no
    from ({{ rows }}) as copies
    inner join repeated
        on {{ number }} = repeated.key_hash

),

final as (

    select
        alone.*,
        1 as copy_no
    from ({{ rows }}) as alone
    left join repeated
        on {{ number }} = repeated.key_hash
    where repeated.key_hash is null

    union all

    select * from ranked
    where copy_no = 1

)

select * from final
{%- endmacro %}
