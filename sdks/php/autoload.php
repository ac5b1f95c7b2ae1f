<?php

declare(strict_types=1);

/** Loads the classes of this library where Composer does not: `require "sdks/php/autoload.php";`. */
spl_autoload_register(static function (string $class): void {
    $prefix = "LoyaltyLoop\\";
    if (str_starts_with($class, $prefix)) {
        $file = __DIR__ . "/src/" . str_replace("\\", "/", substr($class, strlen($prefix))) . ".php";
        if (is_file($file)) {
            require $file;
        }
    }
});
