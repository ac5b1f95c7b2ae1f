<?php

declare(strict_types=1);

/** Runs samples of the reference in one process of PHP: a line names a file, the answer is what it printed. */

while (($line = fgets(STDIN)) !== false) {
    ob_start();
    try {
        (static fn (string $file): mixed => require $file)(trim($line));
        $told = ["answer" => ob_get_contents()];
    } catch (\Throwable $error) {
        $told = ["error" => (string) $error];
    }
    ob_end_clean();
    echo json_encode($told, JSON_THROW_ON_ERROR), "\n";
}
