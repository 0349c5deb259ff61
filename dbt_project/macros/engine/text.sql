{# A stable identifier of some values; the order of the values counts. #}
{% macro hash_id(values) -%}
md5(concat_ws('|', {{ values | join(', ') }}))
{%- endmacro %}


{# A captured parameter as the channel rules compare it: url-decoded, trimmed, lower case. #}
{% macro normal_token(text) -%}
nullif(trim(lower(url_decode(trim({{ text }})))), '')
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
nullif(
    regexp_replace(
        regexp_replace(
            regexp_replace(
                translate(
                    lower(nfc_normalize(translate(
                        {{ name }},
                        'ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９（）　＆．，－',
                        'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789() &.,-'
                    ))),
                    '【】〔〕[]', '()()()'
                ),
                '\([^)]*\)', '', 'g'
            ),
            '[\s·.,，。、&''"-]+', '', 'g'
        ),
        '(股份有限公司|有限责任公司|有限公司|集团公司|股份公司|集团|公司|coltd|corporation|limited|gmbh|corp|inc|ltd|llc|co)+$',
        ''
    ),
    ''
)
{%- endmacro %}


{# A domain that can name a company: lower case, without www, not one of a mail provider. #}
{% macro corporate_domain(domain) -%}
case
    when lower({{ domain }}) not in (select free.domain from {{ ref('free_mail_domains') }} as free)
        then nullif(regexp_replace(lower(trim({{ domain }})), '^www\.', ''), '')
end
{%- endmacro %}
