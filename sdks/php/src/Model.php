<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** An object of an answer. Values are not checked; unknown fields are kept. Fields are read in camelCase: `rewardEarned`. */
class Model implements \JsonSerializable
{
    /** @var array<string, class-string<Model>> the fields that hold other models, or lists of them */
    protected const MODELS = [];
    private const SECRET = ["secret", "api_key", "token"];

    /** @param array<string, mixed> $data */
    final public function __construct(private readonly array $data)
    {
    }

    /**
     * An object of an answer, of this class or one that fits better.
     *
     * @param array<string, mixed> $data
     */
    public static function of(array $data): static
    {
        return new static($data);
    }

    public function __get(string $name): mixed
    {
        $field = self::field($name);
        if (!array_key_exists($field, $this->data)) {
            throw new \OutOfBoundsException(static::class . " has no $name; it has " . implode(", ", array_keys($this->data)));
        }
        $model = static::MODELS[$field] ?? null;
        return $model === null ? $this->data[$field] : self::shaped($model, $this->data[$field]);
    }

    public function __isset(string $name): bool
    {
        return isset($this->data[self::field($name)]);
    }

    /**
     * A value of JSON as a model, or a list of models; what is neither stays as it is.
     *
     * @param class-string<Model> $model
     */
    public static function shaped(string $model, mixed $value): mixed
    {
        if (!is_array($value)) {
            return $value;
        }
        return array_is_list($value)
            ? array_map(static fn (mixed $one): mixed => self::shaped($model, $one), $value)
            : $model::of($value);
    }

    /** @return array<string, mixed> all fields as they came */
    public function toArray(): array
    {
        return $this->data;
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return $this->data;
    }

    /** @return array<string, mixed> what a dump may show: no secret */
    public function __debugInfo(): array
    {
        return array_combine(
            array_keys($this->data),
            array_map(static fn (string $name, mixed $value): mixed => in_array($name, self::SECRET, true) ? "…" : $value, array_keys($this->data), $this->data),
        );
    }

    private static function field(string $name): string
    {
        return strtolower((string) preg_replace("/[A-Z]/", "_$0", $name));
    }
}
