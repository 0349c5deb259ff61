{#
    What Spark needs of dbt-spark beside the words of its SQL. Models are written once; on Spark
    their text is read by `as_spark`, tables get the types of their contract, and an incremental
    model replaces the partitions of its touched dates.
#}


{#
    The text of a model in Spark's spelling: no comma after the last column, quotes around names and
    names of types as Spark has them.
#}
{% macro as_spark(code) -%}
{%- set code = modules.re.sub(',(\\s*(?:--[^\\n]*\\n\\s*)*)(?=from\\b|\\))', '\\1', code) -%}
{%- set code = modules.re.sub(',(\\s*(?:--[^\\n]*\\n\\s*)*)(?=union all\\b|$)', '\\1', code) -%}
{%- set code = modules.re.sub('"([a-z_]+)"', '`\\1`', code) -%}
{%- set code = modules.re.sub('\\bvarchar\\b', 'string', code) -%}
{%- set code = modules.re.sub('(\\s)/(\\s)', '\\1/ 1d /\\2', code) -%}
{{ return(modules.re.sub('\\btimestamptz\\b', 'timestamp', code)) }}
{%- endmacro %}


{# Spark's name of a type that a contract or a seed names. #}
{% macro spark_type(name) -%}
{%- set named = {
    'varchar': 'string', 'timestamptz': 'timestamp', 'timestamp with time zone': 'timestamp',
    'integer': 'int', 'hugeint': 'decimal(38, 0)'
} -%}
{{ return(named.get(name | lower, name | lower)) }}
{%- endmacro %}


{# SELECT of a model's text with the columns and types of its contract, in their order. #}
{% macro spark_select(code) -%}
{%- if not config.get('contract').enforced -%}
    {{ return(as_spark(code)) }}
{%- endif -%}
{%- set columns = [] -%}
{%- for column in model.columns.values() -%}
    {%- do columns.append(
        'cast(contracted.`' ~ column.name ~ '` as ' ~ spark_type(column.data_type) ~ ') as `' ~ column.name ~ '`'
    ) -%}
{%- endfor -%}
{{ return(
    'select ' ~ columns | join(', ') ~ ' from (\n' ~ as_spark(code) ~ '\n) as contracted'
) }}
{%- endmacro %}


{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
create table {{ relation }}
using parquet
{%- if config.get('materialized') == 'incremental' %}
partitioned by (business_date)
{%- endif %}
as {{ spark_select(compiled_code) }}
{%- if config.get('materialized') == 'incremental' %}
distribute by business_date
{%- endif %}
{%- endmacro %}


{# Replaces whole partitions: those of the touched dates are dropped, empty ones stay away. #}
{% materialization incremental, adapter='spark', supported_languages=['sql'] -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is none or should_full_refresh() -%}
        {%- do adapter.drop_relation(this.incorporate(type='table')) -%}
        {%- call statement('main') -%}
            {{ create_table_as(false, this, sql) }}
        {%- endcall -%}
    {%- else -%}
        {%- set days = run_query('select distinct business_date from '
            ~ touched_dates(config.get('meta')['touched_by']) ~ ' order by 1').columns[0].values() -%}
        {%- set tables = [this.incorporate(path={'identifier': this.identifier ~ '__new'})] -%}
        {%- do run_query('drop table if exists ' ~ tables[0]) -%}
        {%- do run_query('create table ' ~ tables[0] ~ ' using parquet as ' ~ spark_select(sql)) -%}
        {%- for day in days -%}
            {%- do run_query('alter table ' ~ this ~ " drop if exists partition (business_date = '" ~ day ~ "')") -%}
        {%- endfor -%}
        {%- call statement('main') -%}
            insert into {{ this }} by name
            select * from {{ tables[0] }} distribute by business_date
        {%- endcall -%}
        {%- do run_query('drop table if exists ' ~ tables[0]) -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}


{#
    A text as a literal. Our sessions take literals as they stand, so that a quote inside one cannot
    be escaped: it comes as a literal of its own.
#}
{% macro spark_text(value) -%}
{%- if "'" in value -%}
concat('{{ value.split("'") | join("', \"'\", '") }}')
{%- else -%}
'{{ value }}'
{%- endif -%}
{%- endmacro %}


{# A seed is written as one SELECT of its rows; texts are quoted, which dbt-spark does not. #}
{% macro spark__load_csv_rows(model, agate_table) -%}
{%- set types = model['config'].get('column_types', {}) -%}
{%- set rows = [] -%}
{%- for row in agate_table.rows -%}
    {%- set values = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set value = row[name] -%}
        {%- do values.append('null' if value is none else spark_text(value | string)) -%}
    {%- endfor -%}
    {%- do rows.append('(' ~ values | join(', ') ~ ')') -%}
{%- endfor -%}
{%- set columns = [] -%}
{%- for name in agate_table.column_names -%}
    {%- set type = spark_type(types.get(name) or adapter.convert_type(agate_table, loop.index0)) -%}
    {%- do columns.append('cast(`' ~ name ~ '` as ' ~ type ~ ') as `' ~ name ~ '`') -%}
{%- endfor -%}
{%- set sql -%}
insert into {{ this }}
select {{ columns | join(', ') }}
from (values {{ rows | join(', ') }}) as written (`{{ agate_table.column_names | join('`, `') }}`)
{%- endset -%}
{%- do run_query(sql) -%}
{{ return(sql) }}
{%- endmacro %}


{% macro spark__create_csv_table(model, agate_table) -%}
{%- set types = model['config'].get('column_types', {}) -%}
{%- set columns = [] -%}
{%- for name in agate_table.column_names -%}
    {%- set type = spark_type(types.get(name) or adapter.convert_type(agate_table, loop.index0)) -%}
    {%- do columns.append('`' ~ name ~ '` ' ~ type) -%}
{%- endfor -%}
{%- set sql = 'create table ' ~ this ~ ' (' ~ columns | join(', ') ~ ') using parquet' -%}
{%- call statement('_') -%}{{ sql }}{%- endcall -%}
{{ return(sql) }}
{%- endmacro %}


{# Name of a table beside the model's own that holds the rows of a SELECT while the model is made. #}
{% macro beside(name, select) -%}
{%- set table = this ~ '__' ~ name -%}
{%- if execute -%}
    {%- do run_query('drop table if exists ' ~ table) -%}
    {%- do run_query('create table ' ~ table ~ ' using parquet as ' ~ as_spark(select)) -%}
{%- endif -%}
{{ return(table) }}
{%- endmacro %}


{#
    Where DuckDB recurses over a keyed set, Spark goes round by round: `first` selects the first
    rows, `step` the rows after one more round, where {rows} is the name of what there is. They are
    final once `signature`, aggregates that every change changes, stays the same, after however many
    rounds. Returns the name of the table that holds them.
#}
{% macro settled(first, step, signature) -%}
{%- if not execute -%}{{ return(this ~ '__even') }}{%- endif -%}
{%- set state = namespace(rows=beside('even', first), name='odd') -%}
{%- set state.said = spark_signature(state.rows, signature) -%}
{%- for round in range(99999) -%}
    {%- set rows = beside(state.name, step | replace('{rows}', state.rows)) -%}
    {%- set said = spark_signature(rows, signature) -%}
    {%- set same = said == state.said -%}
    {%- set state.rows = rows -%}
    {%- set state.said = said -%}
    {%- set state.name = 'even' if state.name == 'odd' else 'odd' -%}
    {%- if same -%}{%- break -%}{%- endif -%}
    {%- if loop.last -%}{{ exceptions.raise_compiler_error(this ~ ' does not settle') }}{%- endif -%}
{%- endfor -%}
{{ return(state.rows) }}
{%- endmacro %}


{% macro spark_signature(table, signature) -%}
{{ return(run_query('select concat_ws(\',\', ' ~ signature ~ ') from ' ~ table).columns[0].values()[0]) }}
{%- endmacro %}
