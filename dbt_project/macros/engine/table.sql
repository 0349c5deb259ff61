{#
    A model as a table of DuckDB, replaced in one transaction. dbt's own way, which also serves engines
    that cannot do that (a new one under another name, two renames, a drop after the commit), costs
    more than most of our queries. No grants, indexes or hooks: nothing here has them.
#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- call statement('main') -%}
        drop table if exists {{ target }};
        {{ create_table_as(false, target, compiled_code) }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
