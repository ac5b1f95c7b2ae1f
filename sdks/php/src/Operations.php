<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** All operations by what they are about, made from the OpenAPI by `make sdks`. Change nothing here. */
class Operations
{
    public readonly Operations\Customers $customers;
    public readonly Operations\Imports $imports;
    public readonly Operations\Stamps $stamps;
    public readonly Operations\Transactions $transactions;
    public readonly Operations\Events $events;
    public readonly Operations\Rewards $rewards;
    public readonly Operations\Program $program;
    public readonly Operations\Analytics $analytics;
    public readonly Operations\Programs $programs;
    public readonly Operations\Webhooks $webhooks;
    public readonly Operations\Key $key;
    public readonly Operations\Branches $branches;
    public readonly Operations\Flags $flags;

    public function __construct(Line $line)
    {
        $this->customers = new Operations\Customers($line);
        $this->imports = new Operations\Imports($line);
        $this->stamps = new Operations\Stamps($line);
        $this->transactions = new Operations\Transactions($line);
        $this->events = new Operations\Events($line);
        $this->rewards = new Operations\Rewards($line);
        $this->program = new Operations\Program($line);
        $this->analytics = new Operations\Analytics($line);
        $this->programs = new Operations\Programs($line);
        $this->webhooks = new Operations\Webhooks($line);
        $this->key = new Operations\Key($line);
        $this->branches = new Operations\Branches($line);
        $this->flags = new Operations\Flags($line);
    }
}
