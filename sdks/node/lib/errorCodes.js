/** A class for each code of a refusal, made from the reference by `make sdks`. Change nothing here. */

import { ApiError } from "./errors.js";

/** The transaction was already undone. */
export class AlreadyVoided extends ApiError {}

/** The body is too large. */
export class BodyTooLarge extends ApiError {}

/** It cannot be done right now. */
export class Busy extends ApiError {}

/** The code is old. */
export class CodeExpired extends ApiError {}

/** The code was used already. */
export class CodeUsed extends ApiError {}

/** A customer with that phone number exists. */
export class CustomerExists extends ApiError {}

/** The plan's customer limit is reached. */
export class CustomerLimitReached extends ApiError {}

/** No such customer. */
export class CustomerNotFound extends ApiError {}

/** No more stamps for this customer on that day. */
export class DailyCapReached extends ApiError {}

/** The idempotency key belongs to another request. */
export class IdempotencyKeyReused extends ApiError {}

/** No such import. */
export class ImportNotFound extends ApiError {}

/** Something went wrong on our side. */
export class InternalError extends ApiError {}

/** The API key is not valid. */
export class InvalidApiKey extends ApiError {}

/** That cursor is not one of ours. */
export class InvalidCursor extends ApiError {}

/** Some of the input is not valid. */
export class InvalidRequest extends ApiError {}

/** The main program stays. */
export class MainProgramNeeded extends ApiError {}

/** The body is not valid JSON. */
export class MalformedJson extends ApiError {}

/** These cards cannot be merged, or not be separated. */
export class MergeRefused extends ApiError {}

/** An API key is needed. */
export class MissingApiKey extends ApiError {}

/** There is no reward to redeem. */
export class NoRewardAvailable extends ApiError {}

/** That order was already stamped. */
export class OrderRefUsed extends ApiError {}

/** That page is too deep. */
export class PageTooDeep extends ApiError {}

/** The plan does not include the API. */
export class PlanRequired extends ApiError {}

/** It was changed meanwhile. */
export class PreconditionFailed extends ApiError {}

/** The program is archived. */
export class ProgramArchived extends ApiError {}

/** The limit of programs is reached. */
export class ProgramLimitReached extends ApiError {}

/** No such program. */
export class ProgramNotFound extends ApiError {}

/** Too many requests. */
export class RateLimited extends ApiError {}

/** The reward was already redeemed. */
export class RewardAlreadyRedeemed extends ApiError {}

/** The reward has expired. */
export class RewardExpired extends ApiError {}

/** No such reward. */
export class RewardNotFound extends ApiError {}

/** The code that changes is needed. */
export class RotatingCodeRequired extends ApiError {}

/** The API key lacks a scope. */
export class ScopeRequired extends ApiError {}

/** The shop has closed here for good. */
export class ShopClosed extends ApiError {}

/** The shop has moved. */
export class ShopMoved extends ApiError {}

/** Already stamped a moment ago. */
export class StampTooSoon extends ApiError {}

/** No such transaction. */
export class TransactionNotFound extends ApiError {}

/** The body is not declared as JSON. */
export class UnsupportedMediaType extends ApiError {}

/** That cannot be undone. */
export class VoidRefused extends ApiError {}

/** The limit of webhooks is reached. */
export class WebhookLimitReached extends ApiError {}

/** No such webhook. */
export class WebhookNotFound extends ApiError {}

const BY_CODE = {
  already_voided: AlreadyVoided,
  body_too_large: BodyTooLarge,
  busy: Busy,
  code_expired: CodeExpired,
  code_used: CodeUsed,
  customer_exists: CustomerExists,
  customer_limit_reached: CustomerLimitReached,
  customer_not_found: CustomerNotFound,
  daily_cap_reached: DailyCapReached,
  idempotency_key_reused: IdempotencyKeyReused,
  import_not_found: ImportNotFound,
  internal_error: InternalError,
  invalid_api_key: InvalidApiKey,
  invalid_cursor: InvalidCursor,
  invalid_request: InvalidRequest,
  main_program_needed: MainProgramNeeded,
  malformed_json: MalformedJson,
  merge_refused: MergeRefused,
  missing_api_key: MissingApiKey,
  no_reward_available: NoRewardAvailable,
  order_ref_used: OrderRefUsed,
  page_too_deep: PageTooDeep,
  plan_required: PlanRequired,
  precondition_failed: PreconditionFailed,
  program_archived: ProgramArchived,
  program_limit_reached: ProgramLimitReached,
  program_not_found: ProgramNotFound,
  rate_limited: RateLimited,
  reward_already_redeemed: RewardAlreadyRedeemed,
  reward_expired: RewardExpired,
  reward_not_found: RewardNotFound,
  rotating_code_required: RotatingCodeRequired,
  scope_required: ScopeRequired,
  shop_closed: ShopClosed,
  shop_moved: ShopMoved,
  stamp_too_soon: StampTooSoon,
  transaction_not_found: TransactionNotFound,
  unsupported_media_type: UnsupportedMediaType,
  void_refused: VoidRefused,
  webhook_limit_reached: WebhookLimitReached,
  webhook_not_found: WebhookNotFound,
};

/** The error for an answer; `problem` is its body as JSON, whatever came. */
export function errorOf(status, problem, headers) {
  const Kind = Object.hasOwn(BY_CODE, String(problem.code)) ? BY_CODE[problem.code] : ApiError;
  return new Kind(status, problem, headers);
}
