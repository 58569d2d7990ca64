# README.md says of the module's directives, of files and of the licence what is
# so.  (t/demo.t runs its commands.)

use strict;
use warnings;

use Test::More tests => 3;

my $readme = text('README.md');
my $module = text('ngx_module/ngx_http_audience_module.c');
my %contexts = (NGX_HTTP_MAIN_CONF => 'http', NGX_HTTP_SRV_CONF => 'server',
                NGX_HTTP_LOC_CONF => 'location');
my (%code, %said);

while ($module
       =~ /\{ ngx_string\("(audience_\w+)"\),\s+([^,]+),/g)
{
    my ($name, $flags) = ($1, $2);
    $code{$name} = join ', ', map { $contexts{$_} // () } split /\|/, $flags;
}

while ($readme =~ /^\| `(audience_\w+)[^`]*` \| ([^|]+?) \|/mg) {
    $said{$1} = $2;
}

is_deeply(\%said, \%code, 'every directive, in the contexts where it may stand');

is_deeply([ grep { !m{^https?://} && !-e } $readme =~ /\]\(([^)#]+)\)/g ], [],
          'every file that it links is there');

my ($licence) = text('LICENSE') =~ /^(.+) License$/m;
like($readme, qr/^Licence: \Q$licence\E,/m, 'the licence by its name');


sub text
{
    my ($path) = @_;
    local (@ARGV, $/) = $path;
    return scalar <>;
}
