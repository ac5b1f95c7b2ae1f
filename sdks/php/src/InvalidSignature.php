<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** A webhook was not signed with the secret, or too long ago. */
final class InvalidSignature extends LoyaltyLoopError
{
}
