-- Every rule there is, from what the database itself knows of it and from how the API answers it.
CREATE OR REPLACE VIEW admin.rule_catalogue AS
WITH declared AS (
    SELECT
        conname AS of_rule,
        CASE contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'u' THEN 'unique' ELSE 'exclusion' END AS kind,
        conrelid::regclass::text AS on_table,
        pg_get_constraintdef(oid) AS definition,
        coalesce(
            obj_description(oid, 'pg_constraint'),
            CASE contype WHEN 'f' THEN format('Each %s belongs to a %s that there is.', conrelid::regclass, confrelid::regclass) END
        ) AS sentence
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'x')
    UNION ALL
    SELECT
        c.relname AS of_rule,
        'unique index' AS kind,
        i.indrelid::regclass::text AS on_table,
        pg_get_indexdef(i.indexrelid) AS definition,
        obj_description(c.oid, 'pg_class') AS sentence
    FROM pg_index AS i
    INNER JOIN pg_class AS c ON i.indexrelid = c.oid
    WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u'))
),

predicate AS (
    SELECT
        p.proname AS of_rule,
        btrim(p.prosrc, E' \n') AS body,
        -- the rule first, then what the function answers
        substring(obj_description(p.oid, 'pg_proc') FROM '^.*?\.(?= |$)') AS sentence
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prorettype = 'text'::regtype
),

raised AS (
    SELECT
        r.rule,
        string_agg(p.proname || '()', ', ' ORDER BY p.proname) AS by_functions
    FROM rule_answer AS r
    INNER JOIN pg_proc AS p ON p.pronamespace = 'public'::regnamespace AND strpos(p.prosrc, quote_literal(r.rule)) > 0
    WHERE p.prorettype <> 'boolean'::regtype -- such a function only asks which rule it is
    GROUP BY r.rule
)

SELECT
    r.rule,
    coalesce(d.sentence, p.sentence) AS sentence,
    concat_ws(' and ', d.kind, CASE WHEN f.rule IS NOT NULL THEN 'trigger' END) AS kind,
    r.http_status,
    concat_ws('; ', 'table ' || d.on_table, f.by_functions) AS enforced_by,
    concat_ws(E'\n', d.definition, p.body) AS definition,
    r.title
FROM rule_answer AS r
LEFT JOIN declared AS d ON r.rule = d.of_rule
LEFT JOIN predicate AS p ON r.rule = p.of_rule
LEFT JOIN raised AS f ON r.rule = f.rule
ORDER BY r.rule;
COMMENT ON VIEW admin.rule_catalogue IS
'Every rule: what it says, what enforces it, and how the API answers who breaks it. docs/rules.md has it with the tests that prove it.';
COMMENT ON COLUMN admin.rule_catalogue.rule IS 'The constraint''s name, which a refusal carries: the API''s error code.';
COMMENT ON COLUMN admin.rule_catalogue.sentence IS 'What it says.';
COMMENT ON COLUMN admin.rule_catalogue.kind IS 'What PostgreSQL knows it as; trigger: functions raise it, which triggers call.';
COMMENT ON COLUMN admin.rule_catalogue.http_status IS 'The API''s answer; 500 where nothing that a client sends can break it.';
COMMENT ON COLUMN admin.rule_catalogue.enforced_by IS 'The table that declares it, and the functions that raise it.';
COMMENT ON COLUMN admin.rule_catalogue.definition IS 'The constraint or index, and what the function of the rule''s name answers.';
COMMENT ON COLUMN admin.rule_catalogue.title IS 'How the API says it to a client.';
GRANT SELECT ON admin.rule_catalogue TO booking_admin, booking_auditor;
