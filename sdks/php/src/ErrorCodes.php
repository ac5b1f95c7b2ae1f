<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** A class for each code of a refusal, made from the reference by `make sdks`. Change nothing here. */
final class ErrorCodes
{
    /** @var array<string, class-string<ApiError>> */
    public const CLASSES = [
        "already_voided" => Errors\AlreadyVoided::class,
        "body_too_large" => Errors\BodyTooLarge::class,
        "busy" => Errors\Busy::class,
        "code_expired" => Errors\CodeExpired::class,
        "code_used" => Errors\CodeUsed::class,
        "customer_exists" => Errors\CustomerExists::class,
        "customer_limit_reached" => Errors\CustomerLimitReached::class,
        "customer_not_found" => Errors\CustomerNotFound::class,
        "daily_cap_reached" => Errors\DailyCapReached::class,
        "idempotency_key_reused" => Errors\IdempotencyKeyReused::class,
        "import_not_found" => Errors\ImportNotFound::class,
        "internal_error" => Errors\InternalError::class,
        "invalid_api_key" => Errors\InvalidApiKey::class,
        "invalid_cursor" => Errors\InvalidCursor::class,
        "invalid_request" => Errors\InvalidRequest::class,
        "main_program_needed" => Errors\MainProgramNeeded::class,
        "malformed_json" => Errors\MalformedJson::class,
        "merge_refused" => Errors\MergeRefused::class,
        "missing_api_key" => Errors\MissingApiKey::class,
        "no_reward_available" => Errors\NoRewardAvailable::class,
        "order_ref_used" => Errors\OrderRefUsed::class,
        "page_too_deep" => Errors\PageTooDeep::class,
        "plan_required" => Errors\PlanRequired::class,
        "precondition_failed" => Errors\PreconditionFailed::class,
        "program_archived" => Errors\ProgramArchived::class,
        "program_limit_reached" => Errors\ProgramLimitReached::class,
        "program_not_found" => Errors\ProgramNotFound::class,
        "rate_limited" => Errors\RateLimited::class,
        "reward_already_redeemed" => Errors\RewardAlreadyRedeemed::class,
        "reward_expired" => Errors\RewardExpired::class,
        "reward_not_found" => Errors\RewardNotFound::class,
        "rotating_code_required" => Errors\RotatingCodeRequired::class,
        "scope_required" => Errors\ScopeRequired::class,
        "shop_closed" => Errors\ShopClosed::class,
        "shop_moved" => Errors\ShopMoved::class,
        "stamp_too_soon" => Errors\StampTooSoon::class,
        "transaction_not_found" => Errors\TransactionNotFound::class,
        "unsupported_media_type" => Errors\UnsupportedMediaType::class,
        "void_refused" => Errors\VoidRefused::class,
        "webhook_limit_reached" => Errors\WebhookLimitReached::class,
        "webhook_not_found" => Errors\WebhookNotFound::class,
    ];
}
