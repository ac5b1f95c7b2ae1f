<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/**
 * What a webhook tells; of a type that this version does not know, `data` is as it came.
 *
 * @property-read string $id
 * @property-read string $type
 * @property-read string $timestamp
 * @property-read mixed $data
 */
class Event extends Model
{
    /** An event of the class of its type. */
    public static function of(array $data): static
    {
        $class = EventTypes::CLASSES[is_string($data["type"] ?? null) ? $data["type"] : ""] ?? self::class;
        return new $class($data);
    }
}
