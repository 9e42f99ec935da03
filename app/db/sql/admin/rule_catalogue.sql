-- Joins the catalogs of PostgreSQL (constraints, indexes, functions) with the API's answers in rule_answer.
CREATE OR REPLACE VIEW admin.rule_catalogue AS
WITH declared AS (
    SELECT
        conname AS of_rule,
        CASE contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'u' THEN 'unique' ELSE 'exclusion' END AS kind,
        conrelid::regclass::text AS on_table,
        pg_get_constraintdef(oid) AS definition,
        coalesce(
            obj_description(oid, 'pg_constraint'),
            CASE contype WHEN 'f' THEN format('Each %s refers to an existing %s.', conrelid::regclass, confrelid::regclass) END
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
        -- the first sentence of the comment is the rule
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
    WHERE p.prorettype <> 'boolean'::regtype -- a function that returns boolean only tests which rule was broken
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
'Every rule: what it says, what enforces it, and how the API reports that it is broken. docs/rules.md also lists the tests of each rule.';
COMMENT ON COLUMN admin.rule_catalogue.rule IS 'The constraint name, which is also the error code of the API.';
COMMENT ON COLUMN admin.rule_catalogue.sentence IS 'The rule in one sentence.';
COMMENT ON COLUMN admin.rule_catalogue.kind IS 'The kind of constraint or index; trigger if trigger functions raise it.';
COMMENT ON COLUMN admin.rule_catalogue.http_status IS 'The HTTP status of the API''s answer; 500 if no client request can break the rule.';
COMMENT ON COLUMN admin.rule_catalogue.enforced_by IS 'The table of the constraint, and the functions that raise it.';
COMMENT ON COLUMN admin.rule_catalogue.definition IS 'The definition of the constraint or index, and the body of the function with the rule''s name.';
COMMENT ON COLUMN admin.rule_catalogue.title IS 'The title of the API''s answer.';
GRANT SELECT ON admin.rule_catalogue TO booking_admin, booking_auditor;
