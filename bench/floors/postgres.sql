-- One stamp: the rows that the application writes for it, in one call. Parameters: the shop, the customer, the bodies
-- of events as the application encodes them, and an Idempotency-Key with its answer (NULL: the till sends none).
CREATE OR REPLACE FUNCTION floor_stamp(
    shop bigint, guest bigint, stamped bytea, earned bytea, answer_key text, answer bytea
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := clock_timestamp();
    today date := (at AT TIME ZONE 'UTC')::date;
    entry bigint := nextval('transaction_number');
    required CONSTANT integer := 10;
    "full" boolean;
    first_today boolean;
    visits integer;
    before date;
BEGIN
    SELECT day INTO STRICT before FROM customer WHERE business_id = shop AND id = guest;
    UPDATE customer SET
        version = version + 1,
        entries = entries + 1,
        updated_at = at,
        current_stamps = (current_stamps + 1) % required,
        goal = CASE WHEN current_stamps + 1 < required THEN required ELSE 0 END,
        program_version = CASE WHEN current_stamps + 1 < required THEN 1 ELSE 0 END,
        total_stamps = total_stamps + 1,
        total_visits = total_visits + 1,
        rewards_earned = rewards_earned + ((current_stamps + 1) / required),
        rewards_available = rewards_available + ((current_stamps + 1) / required),
        last_visit_at = at,
        last_visit_by = 'till',
        day = today,
        day_stamps = CASE WHEN day = today THEN day_stamps + 1 ELSE 1 END
    WHERE business_id = shop AND id = guest
    RETURNING current_stamps = 0, day_stamps = 1, total_visits INTO STRICT "full", first_today, visits;

    INSERT INTO transaction (
        business_id, id, customer_id, type, stamps, actor_type, actor_id, actor_name, occurred_at, program_version
    ) VALUES (shop, entry, guest, 'stamp', 1, 'api_key', 1, 'till', at, 1);

    PERFORM floor_tell(shop, guest, 'stamp.added', stamped, at);

    IF answer_key IS NOT NULL THEN
        INSERT INTO idempotency (business_id, key, fingerprint, customer_id, answer, created_at)
        VALUES (shop, answer_key, sha256(answer_key::bytea), guest, answer, at);
    END IF;

    IF "full" THEN
        INSERT INTO reward (business_id, id, customer_id, transaction_id, description, status, earned_at)
        VALUES (shop, nextval('reward_number'), guest, entry, 'A coffee', 'available', at);
        PERFORM floor_tell(shop, guest, 'reward.earned', earned, at);
        UPDATE business_total SET outstanding = outstanding + 1 WHERE business_id = shop;
    END IF;

    IF first_today AND before IS NOT NULL THEN
        UPDATE daily_total
        SET last_visits = last_visits - 1, last_visits_again = last_visits_again - (visits > 2)::int
        WHERE business_id = shop AND day = before;
    END IF;

    INSERT INTO daily_total AS t (
        business_id, day, visits, stamps_added, stamps_voided, new_customers,
        rewards_earned, rewards_redeemed, rewards_expired, last_visits, last_visits_again
    ) VALUES (
        shop, today, 1, 1, 0, 0, "full"::int, 0, 0,
        first_today::int, (CASE WHEN first_today THEN visits > 1 ELSE visits = 2 END)::int
    )
    ON CONFLICT (business_id, day) DO UPDATE SET
        visits = t.visits + 1,
        stamps_added = t.stamps_added + 1,
        rewards_earned = t.rewards_earned + excluded.rewards_earned,
        last_visits = t.last_visits + excluded.last_visits,
        last_visits_again = t.last_visits_again + excluded.last_visits_again;
    RETURN entry;
END
$$;

-- One event, and a delivery of it for each endpoint that wants it.
CREATE OR REPLACE FUNCTION floor_tell(shop bigint, guest bigint, kind text, body bytea, at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    told text := 'msg_' || lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || substr(md5(random()::text), 1, 16);
BEGIN
    INSERT INTO event (business_id, id, type, customer_id, body, created_at)
    VALUES (shop, told, kind, guest, body, at);
    INSERT INTO delivery (business_id, id, endpoint_id, event_id, status, attempts, created_at, next_at)
    SELECT shop, nextval('delivery_number'), id, told, 'queued', 0, at, at
    FROM webhook_endpoint
    WHERE business_id = shop AND active AND kind = ANY (string_to_array(events, ' '));
END
$$;
