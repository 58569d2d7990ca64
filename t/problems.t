# docs/problems.md names every problem type that the code can answer, and no
# other.

use strict;
use warnings;

use Test::More tests => 3;

# Words with hyphens in quotes that are no problem types.
my %other = map { $_ => 1 } qw(
    utf-8 utf-16 latin-1 iso-8859-1 windows-1252 e-mail form-data no-store
    no-referrer content-disposition content-transfer-encoding audience-worker
    built-in
);

my %documented = map { $_ => 1 }
    map { my ($cell) = /^\| ([^|]+) \|/; ($cell // '') =~ /`([a-z0-9-]+)`/g }
    split /\n/, text('docs/problems.md');

my %used;

for my $file (glob '{common,worker,ngx_module}/*.c') {
    my $source = text($file);

    $used{$_} ||= $file
        for $source =~ /"([a-z]+(?:-[a-z]+)+)"/g,       # slugs of several words
            $source =~ /\b[45]\d\d,\s*"([a-z-]+)"/g,    # those of one word
            $source =~ /aud_problem_add\([^,]+,\s*"([a-z-]+)"/g;
}
delete @used{ keys %other };

is_deeply([ map { "$_ ($used{$_})" } grep { !$documented{$_} } sort keys %used ],
          [], 'every type is documented');
is_deeply([ grep { !$used{$_} } sort keys %documented ], [],
          'and none that does not exist');


# Wherever a type comes from it has one status and one title.
my %said;

for my $file (glob '{common,worker,ngx_module}/*.c') {
    my $source = text($file);

    $said{$2}{"$1 " . join '', $3 =~ /"([^"]*)"/g} = $file
        while $source =~ /\b([45]\d\d),\s*"([a-z-]+)",\s*((?:"[^"]*"\s*)+)/g;
}
is_deeply([ grep { keys %{ $said{$_} } > 1 } sort keys %said ], [],
          'every type has one status and one title');


sub text
{
    my ($path) = @_;
    local (@ARGV, $/) = $path;
    return scalar <>;
}
