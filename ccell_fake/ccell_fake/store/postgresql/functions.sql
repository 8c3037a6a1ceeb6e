-- Converts a text so that those which differ in case only are the same. Without ICU, the database's own rules apply.
DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') THEN
        CREATE FUNCTION fold_case(folded text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
            $$ SELECT upper(lower(folded COLLATE "und-x-icu")) COLLATE "C" $$;
    ELSE
        CREATE FUNCTION fold_case(folded text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
            $$ SELECT upper(lower(folded COLLATE "default")) COLLATE "C" $$;
    END IF;
END $do$;

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
    PERFORM pg_advisory_xact_lock_shared(4846717623980785664 + last_value) FROM positions;
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

-- Writes the rows of a transaction: for each table a list of rows, each with its columns by name.
CREATE FUNCTION write_rows(rows jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    keys bigint[];
BEGIN
    IF rows ? 'account' THEN
        UPDATE account a SET spent = n.spent, locked_at = n.locked_at, reserved = n.reserved,
            next_charge = n.next_charge, journaled = n.journaled
        FROM jsonb_populate_recordset(NULL::account, rows -> 'account') n WHERE a.key = n.key;
    END IF;
    IF rows ? 'submission' THEN
        keys := ARRAY(SELECT nextval('submission_key_seq') FROM jsonb_array_elements(rows -> 'submission'));
        INSERT INTO submission
        SELECT keys[key], account, position, content, linkid, spcode, submitted_at, due
        FROM jsonb_populate_recordset(NULL::submission, rows -> 'submission');
    END IF;
    IF rows ? 'message' THEN
        INSERT INTO message
        SELECT msgid, account, keys[submission], phone, code, info, charge
        FROM jsonb_populate_recordset(NULL::message, rows -> 'message');
    END IF;
    IF rows ? 'report' THEN
        INSERT INTO report (account, msgid, linkid, phone, recvtime, status, info, due, stray)
        SELECT account, msgid, linkid, phone, due, status, info, due, stray
        FROM jsonb_populate_recordset(NULL::report, rows -> 'report');
    END IF;
    IF rows ? 'upmsg' THEN
        INSERT INTO upmsg (account, spnumber, phone, motime, msgcontent, due)
        SELECT account, spnumber, phone, motime, msgcontent, motime
        FROM jsonb_populate_recordset(NULL::upmsg, rows -> 'upmsg');
    END IF;
    IF rows ? 'unreported' THEN
        INSERT INTO unreported SELECT * FROM jsonb_populate_recordset(NULL::unreported, rows -> 'unreported');
    END IF;
    IF rows ? 'pending_charge' THEN
        INSERT INTO pending_charge
        SELECT * FROM jsonb_populate_recordset(NULL::pending_charge, rows -> 'pending_charge');
    END IF;
    IF rows ? 'opt_out' THEN
        INSERT INTO opt_out (account, phone, since)
        SELECT account, phone, since FROM jsonb_populate_recordset(NULL::opt_out, rows -> 'opt_out');
    END IF;
    IF rows ? 'fault' THEN
        INSERT INTO fault SELECT * FROM jsonb_populate_recordset(NULL::fault, rows -> 'fault')
        ON CONFLICT (account, id) DO UPDATE SET matched = excluded.matched, applied = excluded.applied;
    END IF;
    IF rows ? 'slot' THEN
        INSERT INTO slot SELECT * FROM jsonb_populate_recordset(NULL::slot, rows -> 'slot');
    END IF;
    IF rows ? 'left_slot' THEN
        DELETE FROM slot WHERE id IN (SELECT jsonb_array_elements(rows -> 'left_slot')::bigint);
    END IF;
    IF rows ? 'journal' THEN
        INSERT INTO journal SELECT * FROM jsonb_populate_recordset(NULL::journal, rows -> 'journal');
    END IF;
    IF rows ? 'trimmed' THEN
        PERFORM trim_journal(account, kept) FROM jsonb_to_recordset(rows -> 'trimmed') one (account bigint, kept bigint);
    END IF;
    IF rows ? 'met' THEN
        INSERT INTO met SELECT * FROM jsonb_populate_recordset(NULL::met, rows -> 'met')
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
