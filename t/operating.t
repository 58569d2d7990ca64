# docs/operating.md is for whoever is called at night: it has every line that
# the worker logs, every metric, and what the module writes into nginx's log.

use strict;
use warnings;

use Test::More;


sub text_of { my ($path) = @_; local (@ARGV, $/) = $path; return scalar <> }

# C's neighbouring string literals as one text.
sub joined { my ($literals) = @_; return join '', $literals =~ /"((?:[^"\\]|\\.)*)"/g }

my $literals = qr/(?:"(?:[^"\\]|\\.)*"\s*)+/;
my $doc = text_of('docs/operating.md');
my $code = join "\n", map { text_of($_) } grep { $_ ne 'worker/log.c' }
                sort glob 'worker/*.c';
my $module = join "\n", map { text_of($_) } sort glob 'ngx_module/*.c';
my (%events, %metrics, %lines);


# The level may hold a condition, the request's id a call.
$events{joined($1)} = 1
    while $code =~ /\blog_line\((?:[^;"])*?,\s*($literals),/g;
$metrics{$1} = 1 while $code =~ /\bmetrics_head\([^;"]*"(audience_\w+)"/g;

my $called = () = $code =~ /\blog_line\([^;]*?;/g;
my $named = () = $code =~ /\blog_line\((?:[^;"])*?,\s*$literals,/g;

cmp_ok(scalar keys %events, '>', 40, 'events in the code');
is($named, $called, 'each names its event');
cmp_ok(scalar keys %metrics, '>', 15, 'metrics in the code');

# What stands between values of a module's line, where there is enough of it.
while ($module =~ /\bngx_(?:conf_)?log_error\([^;"]*?($literals)/g) {
    my ($longest) = sort { length $b <=> length $a }
                    grep { !/[\$\{]/ }
                    split /%\w+|\\"|;/, joined($1);
    $longest =~ s/^[\s:,]+|[\s:,]+$//g;
    $lines{$longest} = 1;
}
cmp_ok(scalar keys %lines, '>', 8, 'lines of the module in the code');

# Not like(), which would print all of the text.
for my $event (sort keys %events) {
    ok($doc =~ /^\| (?:`[^`]+`, )*`\Q$event\E`/m, "the event \"$event\"");
}
for my $metric (sort keys %metrics) {
    ok($doc =~ /^\| (?:`[^`]+`, )*`$metric[`{]/m, "the metric $metric");
}
(my $flat = $doc) =~ s/\s+/ /g;
for my $line (sort keys %lines) {
    ok(index($flat, $line) >= 0, "nginx's log: $line");
}

# And nothing that is no more.
my ($table) = $doc =~ /^## Every line of the worker's log\n(.*?)^## /ms;
my ($measured) = $doc =~ /^## Every metric\n(.*?)^## /ms;

is_deeply([grep { !$events{$_} && $_ ne 'no memory, ending' }
           map { /`([^`]+)`/g } $table =~ /^\| (`.*?) \|/mg], [],
          'no event that the worker does not log');
is_deeply([grep { !$metrics{$_} }
           map { /`(\w+)`/g } $measured =~ /^\| (`.*?) \|/mg], [],
          'no metric that the worker does not have');

done_testing();
