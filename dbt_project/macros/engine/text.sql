{# A stable identifier of some values; the order of the values counts. #}
{% macro hash_id(values) -%}
md5(concat_ws('|', {{ values | join(', ') }}))
{%- endmacro %}


{# A number that equal values share and others nearly never do: other values must be compared. #}
{% macro short_hash(values) -%}
{{ adapter.dispatch('short_hash', 'throughline')(values) }}
{%- endmacro %}

{% macro default__short_hash(values) -%}
hash({{ values | join(', ') }})
{%- endmacro %}

{% macro spark__short_hash(values) -%}
xxhash64({{ values | join(', ') }})
{%- endmacro %}


{# A captured parameter as the channel rules compare it: url-decoded, trimmed, lower case. #}
{% macro normal_token(text) -%}
nullif(trim(lower({{ url_decoded('trim(' ~ text ~ ')') }})), '')
{%- endmacro %}


{#
    A text with its %XX replaced; what is no such thing, or no UTF-8, stays as it is, and so does a plus
    sign.
#}
{% macro url_decoded(text) -%}
{{ adapter.dispatch('url_decoded', 'throughline')(text) }}
{%- endmacro %}

{% macro default__url_decoded(text) -%}
coalesce(try(url_decode({{ text }})), {{ text }})
{%- endmacro %}

{% macro spark__url_decoded(text) -%}
{%- set decoded = "try_url_decode(replace(" ~ text ~ ", '+', '%2B'))" -%}
{# What is no UTF-8 has U+FFFD in it. #}
case when contains({{ decoded }}, '{{ "\ufffd" }}') then {{ text }} else coalesce({{ decoded }}, {{ text }}) end
{%- endmacro %}


{# Host of a URL in lower case, without port and www. #}
{% macro url_host(url) -%}
nullif(
    regexp_replace(
        split_part(split_part(split_part(split_part(split_part(
            lower({{ url }}), '://', 2), '/', 1), '?', 1), '#', 1), ':', 1),
        '^www\.', ''
    ),
    ''
)
{%- endmacro %}


{# A company name as identity rule 1 compares it: half width, lower, no brackets, no legal form. #}
{% macro normal_company_name(name) -%}
{%- set half_width -%}
translate(
    {{ name }},
    'ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９（）　＆．，－',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789() &.,-'
)
{%- endset -%}
{%- set round_brackets = "translate(lower(" ~ composed(half_width) ~ "), '【】〔〕[]', '()()()')" -%}
{%- set no_brackets = without(round_brackets, '\\([^)]*\\)') -%}
{%- set no_marks = without(no_brackets, "[\\s·.,，。、&''\"-]+") -%}
nullif(
    regexp_replace(
        {{ no_marks }},
        '(股份有限公司|有限责任公司|有限公司|集团公司|股份公司|集团|公司|coltd|corporation|limited|gmbh|corp|inc|ltd|llc|co)+$',
        ''
    ),
    ''
)
{%- endmacro %}


{# A text in Unicode's composed form (NFC). #}
{% macro composed(text) -%}
{{ adapter.dispatch('composed', 'throughline')(text) }}
{%- endmacro %}

{% macro default__composed(text) -%}
nfc_normalize({{ text }})
{%- endmacro %}

{# Spark has no function for it, but the library that it compares texts with does. #}
{% macro spark__composed(text) -%}
case
    when {{ text }} is not null
        then reflect('com.ibm.icu.text.Normalizer', 'compose', {{ text }}, false)
end
{%- endmacro %}


{# A text without any match of a pattern. #}
{% macro without(text, pattern) -%}
{{ adapter.dispatch('without', 'throughline')(text, pattern) }}
{%- endmacro %}

{% macro default__without(text, pattern) -%}
regexp_replace({{ text }}, '{{ pattern }}', '', 'g')
{%- endmacro %}

{% macro spark__without(text, pattern) -%}
regexp_replace({{ text }}, '{{ pattern }}', '')
{%- endmacro %}


{# A text with every match of a pattern replaced. #}
{% macro replaced(text, pattern, by) -%}
{{ adapter.dispatch('replaced', 'throughline')(text, pattern, by) }}
{%- endmacro %}

{% macro default__replaced(text, pattern, by) -%}
regexp_replace({{ text }}, '{{ pattern }}', '{{ by }}', 'g')
{%- endmacro %}

{% macro spark__replaced(text, pattern, by) -%}
regexp_replace({{ text }}, '{{ pattern }}', '{{ by }}')
{%- endmacro %}


{# Whether a text ends with another. #}
{% macro has_suffix(text, suffix) -%}
{{ adapter.dispatch('has_suffix', 'throughline')(text, suffix) }}
{%- endmacro %}

{% macro default__has_suffix(text, suffix) -%}
ends_with({{ text }}, {{ suffix }})
{%- endmacro %}

{% macro spark__has_suffix(text, suffix) -%}
endswith({{ text }}, {{ suffix }})
{%- endmacro %}


{# A domain that can name a company: lower case, without www, not one of a mail provider. #}
{% macro corporate_domain(domain) -%}
case
    when {{ not_listed('lower(' ~ domain ~ ')', ref('free_mail_domains'), 'domain') }}
        then nullif(regexp_replace(lower(trim({{ domain }})), '^www\.', ''), '')
end
{%- endmacro %}


{# Whether a value is in no row of a small relation; NULL for NULL. #}
{% macro not_listed(value, relation, column) -%}
{{ adapter.dispatch('not_listed', 'throughline')(value, relation, column) }}
{%- endmacro %}

{% macro default__not_listed(value, relation, column) -%}
{{ value }} not in (select listed.{{ column }} from {{ relation }} as listed)
{%- endmacro %}

{% macro spark__not_listed(value, relation, column) -%}
not array_contains((select collect_set(listed.{{ column }}) from {{ relation }} as listed), {{ value }})
{%- endmacro %}
