# Data sources, as people meet them.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

# Who says "X-Login: yes" needs a password, which can be taken away.
my $t = Audience::Test->start(
    import => 'max_size=10m max_rows=1000',
    http => 'map $http_x_login $login { default off; yes audiences; }',
    server => 'auth_basic $login; auth_basic_user_file htpasswd;',
);

$t->write_file('htpasswd', "ana:{PLAIN}secret\n");
tell_stories($t, 'sources',
    expire => sub { $t->write_file('htpasswd', "bia:{PLAIN}other\n"); 1 });
$t->finish;
