<?php

declare(strict_types=1);

namespace LoyaltyLoop;

/** The client: it calls a service with one API key. */
final class Client extends Operations
{
    private const LIBRARY = "loyaltyloop-php/1.0.0";

    /**
     * @param string $apiKey begins with ll_
     * @param array{baseUrl?: string, timeout?: float, retries?: int, sender?: Sender} $options `baseUrl` is needed, with or
     *     without /v1; `timeout` is in seconds for one attempt; `retries` are attempts after a first one that failed
     * @throws \ValueError the key or the address is none
     */
    public function __construct(#[\SensitiveParameter] string $apiKey, array $options)
    {
        if (preg_match("/^ll_[\\x21-\\x7e]+$/D", $apiKey) !== 1) {
            throw new \ValueError("The API key must be one of the service, which begins with ll_");
        }
        $headers = [
            "Authorization" => "Bearer $apiKey",
            "Accept" => "application/json",
            "User-Agent" => self::LIBRARY . " php/" . PHP_VERSION,
        ];
        $sender = $options["sender"] ?? new CurlSender($options["timeout"] ?? 30.0);
        parent::__construct(new Line(self::baseAddress($options["baseUrl"] ?? ""), $headers, $sender, $options["retries"] ?? 2));
    }

    /** The address of /v1 of a service; it may be written with or without /v1 or /api/v1, and with a slash at its end. */
    public static function baseAddress(string $written): string
    {
        $parts = parse_url(trim($written));
        $parts = is_array($parts) ? $parts : [];
        $scheme = strtolower($parts["scheme"] ?? "");
        if (!in_array($scheme, ["http", "https"], true) || ($parts["host"] ?? "") === "") {
            throw new \ValueError("baseUrl must be an address such as https://cards.example.com, not $written");
        }
        if (isset($parts["query"]) || isset($parts["fragment"]) || isset($parts["user"])) {
            throw new \ValueError("baseUrl must not carry a query, a fragment or a password");
        }
        $path = rtrim($parts["path"] ?? "", "/");
        $port = isset($parts["port"]) ? ":{$parts["port"]}" : "";
        return "$scheme://{$parts["host"]}$port" . (str_ends_with($path, "/v1") ? $path : "$path/v1");
    }
}
