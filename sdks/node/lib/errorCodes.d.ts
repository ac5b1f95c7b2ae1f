/** A class for each code of a refusal, made from the reference by `make sdks`. Change nothing here. */

import { ApiError } from "./errors.js";

/** The transaction was already undone. */
export declare class AlreadyVoided extends ApiError {}
/** The body is too large. */
export declare class BodyTooLarge extends ApiError {}
/** It cannot be done right now. */
export declare class Busy extends ApiError {}
/** The code is old. */
export declare class CodeExpired extends ApiError {}
/** The code was used already. */
export declare class CodeUsed extends ApiError {}
/** A customer with that phone number exists. */
export declare class CustomerExists extends ApiError {}
/** The plan's customer limit is reached. */
export declare class CustomerLimitReached extends ApiError {}
/** No such customer. */
export declare class CustomerNotFound extends ApiError {}
/** No more stamps for this customer on that day. */
export declare class DailyCapReached extends ApiError {}
/** The idempotency key belongs to another request. */
export declare class IdempotencyKeyReused extends ApiError {}
/** No such import. */
export declare class ImportNotFound extends ApiError {}
/** Something went wrong on our side. */
export declare class InternalError extends ApiError {}
/** The API key is not valid. */
export declare class InvalidApiKey extends ApiError {}
/** That cursor is not one of ours. */
export declare class InvalidCursor extends ApiError {}
/** Some of the input is not valid. */
export declare class InvalidRequest extends ApiError {}
/** The main program stays. */
export declare class MainProgramNeeded extends ApiError {}
/** The body is not valid JSON. */
export declare class MalformedJson extends ApiError {}
/** These cards cannot be merged, or not be separated. */
export declare class MergeRefused extends ApiError {}
/** An API key is needed. */
export declare class MissingApiKey extends ApiError {}
/** There is no reward to redeem. */
export declare class NoRewardAvailable extends ApiError {}
/** That order was already stamped. */
export declare class OrderRefUsed extends ApiError {}
/** That page is too deep. */
export declare class PageTooDeep extends ApiError {}
/** The plan does not include the API. */
export declare class PlanRequired extends ApiError {}
/** It was changed meanwhile. */
export declare class PreconditionFailed extends ApiError {}
/** The program is archived. */
export declare class ProgramArchived extends ApiError {}
/** The limit of programs is reached. */
export declare class ProgramLimitReached extends ApiError {}
/** No such program. */
export declare class ProgramNotFound extends ApiError {}
/** Too many requests. */
export declare class RateLimited extends ApiError {}
/** The reward was already redeemed. */
export declare class RewardAlreadyRedeemed extends ApiError {}
/** The reward has expired. */
export declare class RewardExpired extends ApiError {}
/** No such reward. */
export declare class RewardNotFound extends ApiError {}
/** The code that changes is needed. */
export declare class RotatingCodeRequired extends ApiError {}
/** The API key lacks a scope. */
export declare class ScopeRequired extends ApiError {}
/** The shop has closed here for good. */
export declare class ShopClosed extends ApiError {}
/** The shop has moved. */
export declare class ShopMoved extends ApiError {}
/** Already stamped a moment ago. */
export declare class StampTooSoon extends ApiError {}
/** No such transaction. */
export declare class TransactionNotFound extends ApiError {}
/** The body is not declared as JSON. */
export declare class UnsupportedMediaType extends ApiError {}
/** That cannot be undone. */
export declare class VoidRefused extends ApiError {}
/** The limit of webhooks is reached. */
export declare class WebhookLimitReached extends ApiError {}
/** No such webhook. */
export declare class WebhookNotFound extends ApiError {}

export declare function errorOf(status: number, problem: Record<string, unknown>, headers: Headers): ApiError;
