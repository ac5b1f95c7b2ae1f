<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** What stands for a field that is left out; null is a value and clears the field. */
enum NotGiven
{
    case Value;
}
