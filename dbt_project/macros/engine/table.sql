{#
    A model as a table of DuckDB, replaced in one statement and one transaction. dbt's own way, which
    also serves engines that cannot replace a table (a new one under another name, two renames, a
    drop), costs more than most of our queries. No grants, indexes or hooks: nothing here has them.
#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- call statement('main') -%}
        {%- if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(compiled_code) }}
        create or replace table {{ target }} {{ get_table_columns_and_constraints() }};
        insert into {{ target }} {{ get_column_names() }} ({{ get_select_subquery(compiled_code) }});
        {%- else %}
        create or replace table {{ target }} as ({{ compiled_code }});
        {%- endif %}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
