<?php

declare(strict_types=1);

/** Loads the library and, as Composer or as Debian installs them, the PSR-18 client and the PSR-7 messages of the tests. */

$composer = __DIR__ . "/../vendor/autoload.php";
require is_file($composer) ? $composer : __DIR__ . "/../autoload.php";
foreach (["Nyholm/Psr7/autoload.php", "Psr/Http/Client/autoload.php", "Symfony/Component/HttpClient/autoload.php"] as $file) {
    if (!is_file($composer) && stream_resolve_include_path($file) !== false) {
        require_once $file;
    }
}
require __DIR__ . "/ScriptedSender.php";
