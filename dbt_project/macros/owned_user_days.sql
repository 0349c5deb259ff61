{#
    SELECT of user days with their person (person_id, null where nobody is known), from the CTEs
    user_days (rows of fct_user_day), split_days (int_user_days__split) and identities
    (map_identity).
#}
{% macro owned_user_days() -%}
select
        user_days.*,
        identities.person_id,
    from user_days
    left join identities
        on
            user_days.node_type = identities.id_type
            and user_days.node_value = identities.id_value
            and {{ held_at('identities', 'user_days.first_at') }}
    left join (
        select distinct node_value, business_date from split_days
    ) as divided
        on
            user_days.node_type = 'anonymous_id'
            and user_days.node_value = divided.node_value
            and user_days.business_date = divided.business_date
    where divided.node_value is null

    union all

    select * from split_days
{%- endmacro %}
