{#
    Incremental strategy replace_touched: delete the touched business dates of the entities in the
    config `meta.touched_by`, then insert what the model selects for them, in the transaction that dbt
    opens around a model. A model that uses it filters itself by touched_dates(...) when
    is_incremental(); a date that became empty is deleted and stays empty.
#}
{% macro get_incremental_replace_touched_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where business_date in {{ touched_dates(config.get('meta')['touched_by']) }};

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}
