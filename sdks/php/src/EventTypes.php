<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** A class for each event of a webhook, made from the OpenAPI by `make sdks`. Change nothing here. */
final class EventTypes
{
    /** @var array<string, class-string<Event>> */
    public const CLASSES = [
        "customer.created" => Events\CustomerCreated::class,
        "customer.updated" => Events\CustomerUpdated::class,
        "customer.deleted" => Events\CustomerDeleted::class,
        "customer.merged" => Events\CustomerMerged::class,
        "customer.unmerged" => Events\CustomerUnmerged::class,
        "stamp.added" => Events\StampAdded::class,
        "reward.earned" => Events\RewardEarned::class,
        "reward.redeemed" => Events\RewardRedeemed::class,
        "transaction.voided" => Events\TransactionVoided::class,
        "webhook.test" => Events\WebhookTest::class,
    ];
}
