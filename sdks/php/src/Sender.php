<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** Sends one request, once. */
interface Sender
{
    /** @throws ConnectionFailed */
    public function send(Request $request): Answer;
}
