<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * What a shop flags: how many visits and undos a day are usual, and which kinds are off. With `evening_summary` owners get the figures of the day each evening, flags or not. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read int $mostVisits a whole number from 1 to 1000; 4 if it is left out
 * @property-read int $mostUndos a whole number from 1 to 1000; 3 if it is left out
 * @property-read list<string> $off a list of any of own_card, many_visits, many_undos, unusual_hour, by_hand
 * @property-read bool $eveningSummary False if it is left out
 */
final class FlagRules extends Model
{
}
