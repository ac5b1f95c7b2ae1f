"""What tests and benchmarks share: real servers, people with phones, shops, photos. The product never imports it."""
