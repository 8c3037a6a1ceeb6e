-- Returns an account with what every request needs of it.
CREATE FUNCTION account_state(wanted bigint) RETURNS TABLE (
    key bigint, userid text, version bigint, settings text, clock_offset bigint, frozen_at bigint, spent bigint,
    locked_at bigint, last_dropped bigint, reserved bigint, next_charge bigint, journaled bigint, logged bigint,
    faults json, slots json, holds json
) LANGUAGE sql STABLE AS $$
    SELECT a.key, a.userid, a.version, a.settings, a."offset", a.frozen_at, a.spent, a.locked_at, a.last_dropped,
        a.reserved, a.next_charge, a.journaled, a.logged,
        (SELECT json_agg(json_build_array(f.id, f.fault, f.matched, f.applied) ORDER BY f.id)
            FROM fault f WHERE f.account = a.key),
        (SELECT json_agg(json_build_array(s.id, s.operation)) FROM slot s WHERE s.account = a.key
            AND EXISTS (SELECT FROM emulator e WHERE e.id = s.emulator AND e.lease_until > clock_timestamp())),
        (SELECT json_agg(json_build_array(h.id, h.slots, h.operation, h.until) ORDER BY h.id)
            FROM hold h WHERE h.account = a.key AND h.ends_at > clock_timestamp())
    FROM account a WHERE a.key = wanted
$$;

-- Draws positions. The lock tells readers that some later than the last one are drawn and not committed: its key is
-- that of the last one, below 0x4343 in the highest bits.
CREATE FUNCTION mark_positions() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(4846629170439454720 + last_value) FROM positions;
END $$;

-- Returns the last position up to which everything is committed or rolled back.
CREATE FUNCTION safe_position() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last bigint;
    marked bigint;
BEGIN
    -- In this order: a transaction that draws a position before the first statement has its lock already.
    SELECT last_value INTO last FROM positions;
    SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO marked FROM pg_locks
        WHERE locktype = 'advisory' AND classid::bigint >> 16 = 17219 AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
    RETURN least(last, marked);
END $$;

-- Locks an account, or the requests of no account in place of one that does not exist. Returns its state, and a
-- position. Returns no row if the account was opened meanwhile: the transaction has to begin again.
CREATE FUNCTION lock_account(wanted text) RETURNS TABLE (
    next_position bigint, history text, is_recording boolean,
    key bigint, userid text, version bigint, settings text, clock_offset bigint, frozen_at bigint, spent bigint,
    locked_at bigint, last_dropped bigint, reserved bigint, next_charge bigint, journaled bigint, logged bigint,
    faults json, slots json, holds json
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    found_key bigint;
BEGIN
    SELECT a.key INTO found_key FROM account a WHERE a.userid = wanted FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        SELECT a.key INTO found_key FROM account a WHERE a.key = 0 FOR NO KEY UPDATE;
        IF EXISTS (SELECT FROM account a WHERE a.userid = wanted) THEN
            RETURN;
        END IF;
    END IF;
    PERFORM mark_positions();
    RETURN QUERY SELECT nextval('positions'), log.history, log.is_recording, state.*
        FROM event_log log, account_state(found_key) state;
END $$;

-- Writes the rows of a transaction: for each table its columns, and for each column its values.
CREATE FUNCTION write_rows(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one jsonb;
    keys bigint[];
BEGIN
    IF rows ? 'account' THEN
        one := rows -> 'account';
        UPDATE account a SET spent = n.spent::bigint, locked_at = n.locked_at::bigint, reserved = n.reserved::bigint,
            next_charge = n.next_charge::bigint, journaled = n.journaled::bigint
        FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'key'), jsonb_array_elements_text(one -> 'spent'),
            jsonb_array_elements_text(one -> 'locked_at'), jsonb_array_elements_text(one -> 'reserved'),
            jsonb_array_elements_text(one -> 'next_charge'), jsonb_array_elements_text(one -> 'journaled')
        ) AS n (key, spent, locked_at, reserved, next_charge, journaled) WHERE a.key = n.key::bigint;
    END IF;
    IF rows ? 'submission' THEN
        one := rows -> 'submission';
        keys := ARRAY(SELECT nextval('submission_key_seq') FROM jsonb_array_elements(one -> 'account'));
        INSERT INTO submission (key, account, position, content, linkid, spcode, submitted_at, due)
        SELECT keys[ordinality], account::bigint, position::bigint, content, linkid, spcode, submitted_at::bigint,
            due::bigint
        FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'position'),
            jsonb_array_elements_text(one -> 'content'), jsonb_array_elements_text(one -> 'linkid'),
            jsonb_array_elements_text(one -> 'spcode'), jsonb_array_elements_text(one -> 'submitted_at'),
            jsonb_array_elements_text(one -> 'due')
        ) WITH ORDINALITY AS n (account, position, content, linkid, spcode, submitted_at, due, ordinality);
    END IF;
    IF rows ? 'message' THEN
        one := rows -> 'message';
        INSERT INTO message (account, submission, msgid, phone, code, info, charge)
        SELECT account::bigint, keys[submission::integer], msgid::bigint, phone, code, info, charge::bigint
        FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'submission'),
            jsonb_array_elements_text(one -> 'msgid'), jsonb_array_elements_text(one -> 'phone'),
            jsonb_array_elements_text(one -> 'code'), jsonb_array_elements_text(one -> 'info'),
            jsonb_array_elements_text(one -> 'charge')
        ) AS n (account, submission, msgid, phone, code, info, charge);
    END IF;
    IF rows ? 'report' THEN
        one := rows -> 'report';
        INSERT INTO report (account, msgid, linkid, phone, recvtime, status, info, due, stray)
        SELECT account::bigint, msgid::bigint, linkid, phone, recvtime::bigint, status, info, recvtime::bigint, stray
        FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'msgid'),
            jsonb_array_elements_text(one -> 'linkid'), jsonb_array_elements_text(one -> 'phone'),
            jsonb_array_elements_text(one -> 'recvtime'), jsonb_array_elements_text(one -> 'status'),
            jsonb_array_elements_text(one -> 'info'), jsonb_array_elements_text(one -> 'stray')
        ) AS n (account, msgid, linkid, phone, recvtime, status, info, stray);
    END IF;
    IF rows ? 'upmsg' THEN
        one := rows -> 'upmsg';
        INSERT INTO upmsg (account, spnumber, phone, motime, msgcontent, due)
        SELECT account::bigint, spnumber, phone, motime::bigint, msgcontent, motime::bigint
        FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'spnumber'),
            jsonb_array_elements_text(one -> 'phone'), jsonb_array_elements_text(one -> 'motime'),
            jsonb_array_elements_text(one -> 'msgcontent')
        ) AS n (account, spnumber, phone, motime, msgcontent);
    END IF;
    IF rows ? 'unreported' THEN
        one := rows -> 'unreported';
        INSERT INTO unreported (account, msgid) SELECT account::bigint, msgid::bigint FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'msgid')
        ) AS n (account, msgid);
    END IF;
    IF rows ? 'pending_charge' THEN
        one := rows -> 'pending_charge';
        INSERT INTO pending_charge (account, due, messages, msgid)
        SELECT account::bigint, due::bigint, messages::bigint, msgid::bigint FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'due'),
            jsonb_array_elements_text(one -> 'messages'), jsonb_array_elements_text(one -> 'msgid')
        ) AS n (account, due, messages, msgid);
    END IF;
    IF rows ? 'opt_out' THEN
        one := rows -> 'opt_out';
        INSERT INTO opt_out (account, phone, since) SELECT account::bigint, phone, since::bigint FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'phone'),
            jsonb_array_elements_text(one -> 'since')
        ) AS n (account, phone, since);
    END IF;
    IF rows ? 'excess' THEN
        one := rows -> 'excess';
        INSERT INTO excess (account, at) SELECT account::bigint, at::bigint FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'at')
        ) AS n (account, at);
    END IF;
    IF rows ? 'fault' THEN
        one := rows -> 'fault';
        INSERT INTO fault (account, id, fault, matched, applied)
        SELECT account::bigint, id::bigint, fault, matched::bigint, applied::bigint FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'id'),
            jsonb_array_elements_text(one -> 'fault'), jsonb_array_elements_text(one -> 'matched'),
            jsonb_array_elements_text(one -> 'applied')
        ) AS n (account, id, fault, matched, applied)
        ON CONFLICT (account, id) DO UPDATE SET matched = excluded.matched, applied = excluded.applied;
    END IF;
    IF rows ? 'slot' THEN
        one := rows -> 'slot';
        INSERT INTO slot (id, account, operation, emulator)
        SELECT id::bigint, account::bigint, operation, emulator::bigint FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'id'), jsonb_array_elements_text(one -> 'account'),
            jsonb_array_elements_text(one -> 'operation'), jsonb_array_elements_text(one -> 'emulator')
        ) AS n (id, account, operation, emulator);
    END IF;
    IF rows ? 'left_slot' THEN
        DELETE FROM slot WHERE id IN (SELECT jsonb_array_elements_text(rows -> 'left_slot' -> 'id')::bigint);
    END IF;
    IF rows ? 'journal' THEN
        one := rows -> 'journal';
        INSERT INTO journal (account, position, at, operation, door, peer, place, request, answer, delivery, items,
            code, rule, basis, explanation, duration)
        SELECT account::bigint, position::bigint, at::bigint, operation, door, peer, place, request, answer, delivery,
            items::bigint, code, rule, basis, explanation, duration::bigint
        FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'position'),
            jsonb_array_elements_text(one -> 'at'), jsonb_array_elements_text(one -> 'operation'),
            jsonb_array_elements_text(one -> 'door'), jsonb_array_elements_text(one -> 'peer'),
            jsonb_array_elements_text(one -> 'place'), jsonb_array_elements_text(one -> 'request'),
            jsonb_array_elements_text(one -> 'answer'), jsonb_array_elements_text(one -> 'delivery'),
            jsonb_array_elements_text(one -> 'items'), jsonb_array_elements_text(one -> 'code'),
            jsonb_array_elements_text(one -> 'rule'), jsonb_array_elements_text(one -> 'basis'),
            jsonb_array_elements_text(one -> 'explanation'), jsonb_array_elements_text(one -> 'duration')
        ) AS n (account, position, at, operation, door, peer, place, request, answer, delivery, items, code, rule,
            basis, explanation, duration);
    END IF;
    IF rows ? 'met' THEN
        one := rows -> 'met';
        INSERT INTO met (account, kind, name, count, first_at, last_at)
        SELECT account::bigint, kind, name, count::bigint, first_at::bigint, last_at::bigint FROM ROWS FROM (
            jsonb_array_elements_text(one -> 'account'), jsonb_array_elements_text(one -> 'kind'),
            jsonb_array_elements_text(one -> 'name'), jsonb_array_elements_text(one -> 'count'),
            jsonb_array_elements_text(one -> 'first_at'), jsonb_array_elements_text(one -> 'last_at')
        ) AS n (account, kind, name, count, first_at, last_at)
        ON CONFLICT (account, kind, name) DO UPDATE SET count = met.count + excluded.count,
            first_at = least(met.first_at, excluded.first_at), last_at = greatest(met.last_at, excluded.last_at);
    END IF;
END $$;

-- Drops all journal entries of an account but the latest ones.
CREATE FUNCTION trim_journal(of_account bigint, kept bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    dropped bigint;
BEGIN
    SELECT position INTO dropped FROM journal WHERE account = of_account ORDER BY position DESC LIMIT 1 OFFSET kept;
    UPDATE account SET last_dropped = dropped, journaled = kept WHERE key = of_account;
    DELETE FROM journal WHERE account = of_account AND position <= dropped;
END $$;

-- Drops all logged events of an account but the latest ones.
CREATE FUNCTION trim_events(of_account bigint, kept bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    dropped bigint;
BEGIN
    SELECT position INTO dropped FROM time_event WHERE account = of_account ORDER BY position DESC LIMIT 1 OFFSET kept;
    UPDATE account SET last_event_dropped = dropped, logged = kept WHERE key = of_account;
    DELETE FROM time_event WHERE account = of_account AND position <= dropped;
END $$;
