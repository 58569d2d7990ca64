# Pages: automatic segmentation.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Groups;
use Audience::Test;
use utf8;

my $t = Audience::Test->start;


sub bytes { my $text = shift; utf8::encode($text); $text }


# Files of people who fall into groups, or do not: given by name.
my $people = Audience::Groups->new(seed => 5);
my %files = (
    groups => bytes($people->csv(fans => 300, buyers => 160)),
    more   => bytes($people->csv(callers => 240, buyers => 60)),
    noise  => bytes(Audience::Groups->new(seed => 9)->csv(noise => 200)),
    bare   => join('', "phoneNumber,name\n",
                   map { "119876543$_,P$_\n" } 10 .. 29),
    few    => join('', "phoneNumber,name\n",
                   map { "119876543$_,P$_\n" } 10 .. 12),
);


# stack.have('groups', 'tenant'): the file is imported.
sub have
{
    my ($file, $tenant) = @_;

    $t->import_file("$file.csv", $files{$file}, tenant => $tenant,
                    user => 'bia@example.com');
    return 1;
}

tell_stories($t, 'segmentation', have => \&have);

$t->finish;
