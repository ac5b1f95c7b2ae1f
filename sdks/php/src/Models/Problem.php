<?php

declare(strict_types=1);

namespace LoyaltyLoop\Models;

use LoyaltyLoop\Model;

/**
 * A refusal on the wire. `errors` names the fields that are wrong, by JSON pointer. The members after it are sent where the refusal knows them. Made from the OpenAPI by `make sdks`. Change nothing here.
 *
 * @property-read string $type
 * @property-read string $title
 * @property-read int $status
 * @property-read string $detail
 * @property-read string $code
 * @property-read string $requestId
 * @property-read list<\LoyaltyLoop\Models\FieldError> $errors
 * @property-read int $customerId The customer who has the phone number.
 * @property-read int $transactionId The entry of the ledger that the refusal is about.
 * @property-read int $voidedBy The entry that undid it before.
 * @property-read int $rewardId The reward that the refusal is about.
 * @property-read int $webhookId The webhook that is not there.
 * @property-read int $programId The program that the refusal is about.
 * @property-read int $importId The import that is not there.
 * @property-read string $orderRef The order that was stamped before.
 * @property-read string $nextAt When the next stamp is possible.
 * @property-read string $lastAt When the last stamp was given.
 * @property-read string $by Who gave it.
 * @property-read string $redeemedAt When the reward was handed out.
 * @property-read string $expiresAt Until when it could be redeemed.
 * @property-read int $retryAfter Seconds to wait, as in the header Retry-After.
 * @property-read int $version The version that is there now.
 * @property-read int $limit The most there can be: stamps a day, customers, webhooks …
 * @property-read int $given How many stamps the customer has today.
 * @property-read int $deepest The last row that pages by number reach.
 * @property-read string $movedTo Where the shop is now.
 * @property-read string $plan The plan of the shop.
 * @property-read string $scope The scope that the key lacks.
 * @property-read string $reason Why it cannot be undone or merged, for programs.
 */
final class Problem extends Model
{
    protected const MODELS = [
        "errors" => FieldError::class,
    ];
}
